-- When the last event of the present storm was published. It is repeated while the storm lasts.
ALTER TABLE healer ADD COLUMN storm_announced_at TIMESTAMPTZ(3);
