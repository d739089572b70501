"""The problems, curricula and judge over HTTP; no session, any number of replicas."""
