-- Apps that may ask about every token, not only their own. Programs of the schema before
-- add apps, too: those ask about their own.
ALTER TABLE apps ADD COLUMN resource_server INTEGER NOT NULL DEFAULT 0;
