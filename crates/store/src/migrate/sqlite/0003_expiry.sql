-- What expired longest ago, for whoever reaps. Tokens that never expire are not in it.
CREATE INDEX IF NOT EXISTS authorizations_by_expiry
  ON authorizations (expires_at, id) WHERE expires_at IS NOT NULL;
