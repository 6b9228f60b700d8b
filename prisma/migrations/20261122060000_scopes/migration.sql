-- Sketches by scope: whoever may search only some of the events gets sketches of just those, so that what a search reads does not tell
-- of others' texts (api/src/events/scopes.ts; docs/decisions/0011-totals-and-sketches.md). Those that there are lie by another
-- order; the worker makes all of them anew, and until then searches look at the events themselves.
DROP TABLE "event_segments";
DROP TABLE "event_sketches";
UPDATE "totals_progress" SET "until" = 0 WHERE "name" = 'sketches';

-- The events of a scope are numbered in the order of the feed. `sketched` of them are in blocks, the last of those at `last_seq`; the rest
-- waits until there are more. Of that there are how many, the least and the greatest milliseconds of their ids, and the ids
-- themselves where no index has a scope's events together.
CREATE TABLE "event_scopes" (
  "scope" TEXT PRIMARY KEY,
  "sketched" BIGINT NOT NULL,
  "last_seq" BIGINT NOT NULL,
  "waiting" INTEGER NOT NULL,
  "min_ms" BIGINT NOT NULL,
  "max_ms" BIGINT NOT NULL,
  "ids" UUID[] NOT NULL
);

-- The events of a block, for those scopes. `block` counts from 0 in each scope.
CREATE TABLE "event_blocks" (
  "scope" TEXT NOT NULL,
  "block" BIGINT NOT NULL,
  "ids" UUID[] NOT NULL,
  PRIMARY KEY ("scope", "block")
);

-- `start` is the number in its scope of a segment's first event; `bounds` has for each of its blocks the least and the greatest milliseconds
-- of its ids, and its first and last `seq`, six bytes each.
CREATE TABLE "event_segments" (
  "scope" TEXT NOT NULL,
  "level" INTEGER NOT NULL,
  "start" BIGINT NOT NULL,
  "min_ms" BIGINT NOT NULL,
  "max_ms" BIGINT NOT NULL,
  "bounds" BYTEA NOT NULL,
  PRIMARY KEY ("scope", "level", "start")
);
CREATE TABLE "event_sketches" (
  "scope" TEXT NOT NULL,
  "level" INTEGER NOT NULL,
  "start" BIGINT NOT NULL,
  "part" INTEGER NOT NULL,
  "bits" BYTEA NOT NULL,
  PRIMARY KEY ("scope", "level", "start", "part")
);
-- Not compressed, so that a few bytes are read out of the middle without the rest.
ALTER TABLE "event_sketches" ALTER COLUMN "bits" SET STORAGE EXTERNAL;
ALTER TABLE "event_segments" ALTER COLUMN "bounds" SET STORAGE EXTERNAL;
