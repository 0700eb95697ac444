-- How large a screen is and from how far it is read, so that its letters follow; and whether it is dark or light.
ALTER TABLE displays ADD COLUMN inches REAL NOT NULL DEFAULT 55;
ALTER TABLE displays ADD COLUMN metres REAL NOT NULL DEFAULT 4;
ALTER TABLE displays ADD COLUMN scheme TEXT NOT NULL DEFAULT 'dark';
