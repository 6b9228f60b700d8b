-- The reason that a service gives for its status in a heartbeat.
ALTER TABLE services ADD COLUMN reported_message TEXT;

-- The processes that share the name of a service.
CREATE TABLE service_instances (
  service_id UUID NOT NULL,
  name TEXT NOT NULL,
  version TEXT,
  last_seen TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT service_instances_pkey PRIMARY KEY (service_id, name),
  CONSTRAINT service_instances_service_id_fkey FOREIGN KEY (service_id) REFERENCES services (id) ON DELETE CASCADE ON UPDATE CASCADE
);
