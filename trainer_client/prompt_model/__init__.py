"""The prompt-model experiment: a policy writes help, a frozen base answers, exact verification judges both."""
