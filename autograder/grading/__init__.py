"""Grading is a pure function in four steps: rebuild, run, examine, record."""

import sys

# jsonschema, which nbformat imports, offers to check internet addresses by a grammar that takes a second to build in
# every process. No notebook's schema asks for that; where the module is missing, jsonschema leaves the check out.
sys.modules.setdefault("rfc3987_syntax", None)
