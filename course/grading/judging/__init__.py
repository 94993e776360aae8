"""From a submission to verdicts: runs the student's cells in a sandbox and judges the test cells here."""
