-- Rows of every kind as revision 0002 keeps them: a closed case with its whole history, a candidate, a dismissed one.
INSERT INTO case_counters (day, last) VALUES ('20261120', 1), ('20261121', 2);

INSERT INTO cases (id, number, event_id, kind, code, state, camera_id, camera_name, zone_id, zone_name, zone_version,
  started_at, raised_at, ended_at, box_x1, box_y1, box_x2, box_y2, class_label, score, reasons, reviewed_by, reviewed_at,
  created_at, updated_at, revision, audit_rows)
VALUES
  ('c1', 'SW202611200001', 'gate-kerb-1', 'vending', '0406', 'closed', 'gate-3', '东门菜市场', 'kerb', '人行道', 2,
   '2026-11-20 03:50:00.000000', '2026-11-20 03:55:00.250000', '2026-11-20 04:20:00.000000', 100.0, 120.5, 220.0, 300.0,
   'stall', 0.81, '[{"key": "dwell", "value": 312.5, "unit": "s"}]', 'li', '2026-11-20 03:56:00.000000',
   '2026-11-20 03:55:01.000000', '2026-11-20 05:00:00.000000', 5, 10),
  ('c2', 'SW202611210001', 'gate-kerb-2', 'parking', '0496', 'candidate', 'gate-3', '东门菜市场', 'fire', '消防通道', 1,
   '2026-11-21 01:00:00.000000', '2026-11-21 01:05:00.000000', NULL, 1.0, 2.0, 3.0, 4.0,
   'car', 0.5, '[]', '', NULL, '2026-11-21 01:05:01.000000', '2026-11-21 01:05:02.000000', 1, 2),
  ('c3', 'SW202611210002', 'gate-wall-1', 'flyers', '0201', 'dismissed', 'wall-1', '解放路 O''Neill 墙', 'wall', '外墙', 1,
   '2026-11-21 02:00:00.000000', '2026-11-21 02:05:00.000000', NULL, 1.0, 2.0, 3.0, 4.0,
   'flyer', 0.4, '[]', '', NULL, '2026-11-21 02:05:01.000000', '2026-11-21 02:10:00.000000', 2, 3);

INSERT INTO packs (case_id, number, purpose, folder, manifest_sha256, written_at, captured_at, clock_error_s, incomplete)
VALUES
  ('c1', 1, 'opening', '2026/11/20/c1/pack-0001', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '2026-11-20 03:55:01.000000', '2026-11-20 03:55:00.250000', 0.2, '[]'),
  ('c1', 2, 'persistence', '2026/11/20/c1/pack-0002', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', '2026-11-20 03:55:30.000000', '2026-11-20 03:55:20.000000', 0.2,
   '["no_clip"]'),
  ('c2', 1, 'opening', '2026/11/21/c2/pack-0001', 'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', '2026-11-21 01:05:01.000000', '2026-11-21 01:05:00.000000', 1.5,
   '["clock"]'),
  ('c3', 1, 'opening', '2026/11/21/c3/pack-0001', 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd', '2026-11-21 02:05:01.000000', '2026-11-21 02:05:00.000000', 0.0, '[]');

INSERT INTO files (pack_id, name, role, sha256, size_bytes) VALUES
  (1, 'panorama-1.jpg', 'panorama', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 184320),
  (1, 'close-up.jpg', 'close_up', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 9000000000),
  (2, 'panorama-2.jpg', 'panorama', 'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', 184321),
  (3, 'panorama-1.jpg', 'panorama', 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd', 1),
  (4, 'panorama-1.jpg', 'panorama', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 2);

INSERT INTO warnings (case_id, horn_id, phrase, level, text, started_at, duration_s, ok, detail, codec, bytes_sent,
  audio_sha256, file)
VALUES
  ('c1', 'horn-1', 'vending', 1, '您好，此处严禁占道经营。', '2026-11-20 03:57:00.000000', 6.5, TRUE, '', 'pcm_mulaw', 52000, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', ''),
  ('c1', 'horn-1', '', 0, '请离开', '2026-11-20 03:59:00.000000', 0.0, FALSE, 'horn is busy', '', 0, 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'a.wav');

INSERT INTO audit (case_id, seq, at, actor, action, from_state, to_state, reason, detail) VALUES
  ('c1', 1, '2026-11-20 03:55:01.000000', 'system', 'open', '', 'candidate', '', '{"number": "SW202611200001"}'),
  ('c1', 2, '2026-11-20 03:55:01.000000', 'system', 'add_pack', 'candidate', 'candidate', '', '{"pack": 1}'),
  ('c1', 3, '2026-11-20 03:55:30.000000', 'system', 'add_pack', 'candidate', 'candidate', '', '{"pack": 2}'),
  ('c1', 4, '2026-11-20 03:56:00.000000', 'li', 'confirm', 'candidate', 'confirmed', '', '{"revision": 2}'),
  ('c1', 5, '2026-11-20 03:57:00.000000', 'system', 'add_warning', 'confirmed', 'confirmed', '', '{"ok": true}'),
  ('c1', 6, '2026-11-20 03:57:10.000000', 'system', 'warn', 'confirmed', 'warned', '', '{"revision": 3}'),
  ('c1', 7, '2026-11-20 03:59:00.000000', 'li', 'add_warning', 'warned', 'warned', 'horn is busy', '{"ok": false}'),
  ('c1', 8, '2026-11-20 04:00:00.000000', 'system', 'file', 'warned', 'filed', '', '{"revision": 4}'),
  ('c1', 9, '2026-11-20 04:20:00.000000', 'system', 'end', 'filed', 'filed', '', '{}'),
  ('c1', 10, '2026-11-20 05:00:00.000000', 'li', 'close', 'filed', 'closed', '摊位已撤离', '{"revision": 5}'),
  ('c2', 1, '2026-11-21 01:05:01.000000', 'system', 'open', '', 'candidate', '', '{"number": "SW202611210001"}'),
  ('c2', 2, '2026-11-21 01:05:02.000000', 'system', 'add_pack', 'candidate', 'candidate', '', '{"pack": 1}'),
  ('c3', 1, '2026-11-21 02:05:01.000000', 'system', 'open', '', 'candidate', '', '{"number": "SW202611210002"}'),
  ('c3', 2, '2026-11-21 02:05:02.000000', 'system', 'add_pack', 'candidate', 'candidate', '', '{"pack": 1}'),
  ('c3', 3, '2026-11-21 02:10:00.000000', 'li', 'dismiss', 'candidate', 'dismissed', '不是广告', '{"revision": 2}');

INSERT INTO people (name, role, password_hash, disabled, created_at, password_number) VALUES
  ('li', 'operator', '$argon2id$v=19$m=8,t=1,p=1$x', FALSE, '2026-11-19 01:00:00.000000', 3),
  ('wang', 'admin', '$argon2id$v=19$m=8,t=1,p=1$y', TRUE, '2026-11-19 02:00:00.000000', 0);
