-- Schemas and examples are kept as the text they were declared with: jsonb reorders keys, rewrites numbers and refuses \u0000.
ALTER TABLE "event_types" ALTER COLUMN "schema" TYPE JSON, ALTER COLUMN "example" TYPE JSON;
