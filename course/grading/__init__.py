"""What an instructor runs: releases, grading and reports. It knows nbgrader and no equation."""

import sys

# Half the time every process here needs to start goes into a grammar of addresses which jsonschema would
# load; no notebook has such addresses, and jsonschema goes without where the package is not there.
# None makes an import fail, which typeshed's type of sys.modules does not allow for.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
