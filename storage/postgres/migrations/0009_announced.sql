-- Events that were born at the hub, in the order in which they are published from the log.
CREATE INDEX event_of_hub ON event (number) WHERE edge = 'hub';

-- Up to which log number they were published: until now that was tried at once, and never again.
ALTER TABLE alarm_progress ADD COLUMN announced BIGINT NOT NULL DEFAULT 0;
UPDATE alarm_progress SET announced = coalesce((SELECT last_number FROM store), 0);
