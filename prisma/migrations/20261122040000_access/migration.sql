-- A tenant's own limits, of events published and of requests made, each a second. Null: what the settings say; 0: no limit.
-- A burst is what may come at once; null: what comes in a second.
ALTER TABLE "tenants"
  ADD COLUMN "publish_per_second" INTEGER,
  ADD COLUMN "publish_burst" INTEGER,
  ADD COLUMN "requests_per_second" INTEGER,
  ADD COLUMN "requests_burst" INTEGER;
