-- When the first refresh token of a family was created. Programs of the schema
-- before leave it out; then a family counts from what is in use of it.
ALTER TABLE refresh_tokens ADD COLUMN family_began_at BIGINT;
