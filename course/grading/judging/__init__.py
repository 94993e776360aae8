"""From a submission to verdicts: the student's cells run in a sandbox, the test cells are judged here."""
