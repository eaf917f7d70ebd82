"""These tests need Node and three of its packages: `make interop` gets them and says where they are. Else nothing here is collected."""

import os

collect_ignore_glob = [] if os.environ.get("NUANLING_NODE_FOLDER") else ["test_*"]
