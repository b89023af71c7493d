CREATE TABLE devices (
    fingerprint TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    cores INTEGER NOT NULL,
    machine TEXT NOT NULL,
    system TEXT NOT NULL,
    memory_bytes INTEGER NOT NULL
);
CREATE TABLE profiles (
    id INTEGER PRIMARY KEY,
    device TEXT NOT NULL REFERENCES devices(fingerprint),
    runtime TEXT NOT NULL,
    version TEXT NOT NULL,
    threads INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    dtype TEXT NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('measured', 'imported', 'fitted')),
    libraries TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (device, runtime, version, threads, batch, dtype, method)
);
CREATE TABLE programs (
    key TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('overhead', 'operation', 'network', 'foreign')),
    operations TEXT NOT NULL
);
CREATE TABLE visits (
    profile INTEGER NOT NULL REFERENCES profiles(id),
    program TEXT NOT NULL REFERENCES programs(key),
    process INTEGER NOT NULL,
    round INTEGER NOT NULL,
    minimum_ms REAL NOT NULL,
    median_ms REAL NOT NULL,
    cpu_ms REAL NOT NULL,
    calls INTEGER NOT NULL,
    switches INTEGER NOT NULL,
    measured_at TEXT NOT NULL,
    PRIMARY KEY (profile, program, process, round)
) WITHOUT ROWID;
CREATE TABLE estimates (
    profile INTEGER NOT NULL REFERENCES profiles(id),
    program TEXT NOT NULL REFERENCES programs(key),
    milliseconds REAL NOT NULL,
    spread_ms REAL NOT NULL,
    samples INTEGER NOT NULL,
    made_at TEXT NOT NULL,
    PRIMARY KEY (profile, program)
) WITHOUT ROWID;
CREATE TABLE calibrations (
    profile INTEGER PRIMARY KEY REFERENCES profiles(id),
    networks INTEGER NOT NULL,
    overhead_ms REAL NOT NULL,
    fit_variance REAL NOT NULL,
    fit_degrees REAL NOT NULL,
    session_variance REAL NOT NULL,
    session_degrees REAL NOT NULL,
    raw_statistics TEXT,
    held_out_statistics TEXT NOT NULL,
    noise_floor REAL,
    made_at TEXT NOT NULL
);
CREATE TABLE corrections (
    profile INTEGER NOT NULL REFERENCES calibrations(profile),
    program TEXT NOT NULL REFERENCES programs(key),
    milliseconds REAL NOT NULL,
    standard_deviation REAL NOT NULL,
    PRIMARY KEY (profile, program)
) WITHOUT ROWID;
CREATE TABLE unfinished (
    profile INTEGER PRIMARY KEY REFERENCES profiles(id)
);
CREATE VIEW entries AS
WITH ranked AS (
    SELECT *,
        ROW_NUMBER() OVER (PARTITION BY profile, program ORDER BY median_ms) AS position,
        COUNT(*) OVER (PARTITION BY profile, program) AS visits
    FROM visits
)
SELECT
    profile,
    program,
    MIN(minimum_ms) AS milliseconds,
    AVG(CASE WHEN position IN ((visits + 1) / 2, (visits + 2) / 2) THEN median_ms END) AS median_ms,
    MAX(median_ms) - MIN(median_ms) AS spread_ms,
    SUM(calls) AS samples,
    COUNT(DISTINCT process) AS processes,
    MAX(measured_at) AS measured_at
FROM ranked
GROUP BY profile, program
UNION ALL
SELECT profile, program, milliseconds, milliseconds, spread_ms, samples, 0, made_at
FROM estimates;
