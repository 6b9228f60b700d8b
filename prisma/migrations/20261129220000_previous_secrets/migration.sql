-- Every rotated secret signs until its own grace ends, also when another rotation follows: a list replaces the one slot.
ALTER TABLE "webhooks" ADD COLUMN "previous_secrets" JSONB NOT NULL DEFAULT '[]';
UPDATE "webhooks" SET "previous_secrets" = jsonb_build_array(jsonb_build_object(
    'sealed', "previous_secret_sealed",
    'expiresAt', to_char("previous_secret_expires_at" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
  WHERE "previous_secret_sealed" IS NOT NULL AND "previous_secret_expires_at" IS NOT NULL;
ALTER TABLE "webhooks" DROP COLUMN "previous_secret_sealed", DROP COLUMN "previous_secret_expires_at";
