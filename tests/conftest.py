"""What holds for all tests: no server that they start keeps anything where a user's own is kept."""

import os

os.environ.setdefault("ECHELON_DATABASE_URL", "none")
