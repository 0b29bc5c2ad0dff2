-- What a row says beyond its action: the reason that was given for a suspension, the login before a renaming.
ALTER TABLE audit ADD COLUMN detail TEXT;
