"""The rules of the AEF: what is wrong with a submission, between two versions, between Parties."""
