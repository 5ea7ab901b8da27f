"""The UNFCCC side: AEF workbooks out, answers of CARP in, custody moves as data.

No interface of CARP, the Article 6 database, the international registry or the mechanism registry
is published. What can be done is done with files; a live interface can be put behind the same
contract on the day there is one.
"""
