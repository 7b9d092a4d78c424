-- The demo's database: a small engineering office. 30 tables, enums, JSONB, arrays, self and circular references, views, triggers, grants.
create role plant_reader;
create role plant_app login;
grant plant_reader to plant_app;
create extension if not exists plpgsql;
create type discipline as enum ('process', 'piping', 'mechanical', 'safety');
create type document_state as enum ('draft', 'checked', 'approved', 'void');
create type phase as enum ('gas', 'liquid', 'two-phase');
create domain percentage as numeric(5, 2) check (value between 0 and 100);

create table office (id integer generated always as identity primary key, name text not null unique, city text not null);
create table person (
  id uuid primary key default gen_random_uuid(), office_id integer not null references office, name text not null, email text not null unique,
  reports_to uuid references person, discipline discipline not null, skills text[] not null default '{}', joined date not null);
create table credential (person_id uuid primary key references person on delete cascade, digest bytea not null, changed timestamptz not null);
create table client (id serial primary key, name text not null, country char(2) not null, profile jsonb not null default '{}');
create table site (id serial primary key, client_id integer not null references client, name text not null, elevation numeric(8, 2), unique (client_id, name));
create table unit (id serial primary key, site_id integer not null references site, tag text not null, description text);
-- A project names its current revision, a revision its project: circular, as in real life.
create table project (id serial primary key, site_id integer not null references site, title text not null, budget money, current_revision integer);
create table revision (id serial primary key, project_id integer not null references project, number integer not null, state document_state not null default 'draft', author uuid references person, made timestamptz not null, unique (project_id, number));
alter table project add foreign key (current_revision) references revision deferrable initially deferred;
create table membership (project_id integer references project, person_id uuid references person, share percentage not null, primary key (project_id, person_id));
create table fluid (id serial primary key, name text not null unique, phase phase not null, density double precision not null, properties jsonb not null);
create table line (id bigserial primary key, unit_id integer not null references unit, tag text not null, fluid_id integer references fluid, diameter_mm numeric(7, 1) not null, length_m real not null, route path);
create table equipment (id bigserial primary key, unit_id integer not null references unit, parent_id bigint references equipment, tag text not null, kind text not null check (kind in ('vessel', 'pump', 'tank', 'exchanger', 'column')), design jsonb not null, volume numeric(10, 3));
create table vessel (equipment_id bigint primary key references equipment, height_m numeric(6, 2), diameter_m numeric(6, 2));
create table pump (equipment_id bigint primary key references equipment, head_m numeric(6, 2), curve point[]);
create table valve (id bigserial primary key, line_id bigint not null references line, tag text not null, set_pressure numeric(8, 3) not null, orifice char(1), certified daterange);
create table scenario (id bigserial primary key, valve_id bigint not null references valve, name text not null, cause text not null, inputs jsonb not null);
create table sizing (id bigserial primary key, scenario_id bigint not null references scenario, required_area double precision not null, selected char(1) not null, outputs jsonb not null, by uuid references person, at timestamptz not null);
create table network (id serial primary key, project_id integer not null references project, name text not null, graph jsonb not null);
create table network_node (network_id integer references network, number integer, label text not null, at point not null, primary key (network_id, number));
create table network_edge (network_id integer, source integer, target integer, resistance double precision not null, primary key (network_id, source, target), foreign key (network_id, source) references network_node, foreign key (network_id, target) references network_node);
create table attachment (id bigserial primary key, valve_id bigint references valve, file_uri text not null, bytes bigint not null, uploaded timestamptz not null);
create table export (id bigserial primary key, project_id integer references project, file_uri text not null, made timestamptz not null);
create table note (id bigserial primary key, project_id integer references project, answers bigint references note, author uuid references person, body text not null, at timestamptz not null);
create table todo (id bigserial primary key, project_id integer references project, assignee uuid references person, text text not null, done boolean not null default false, due date);
create table tariff (code text primary key, price numeric(12, 4) not null, valid tstzrange not null);
create table setting (key text primary key, value jsonb not null);
create table holiday (office_id integer references office, day date, name text, primary key (office_id, day));
create table measurement (line_id bigint not null, at timestamptz not null, pressure real, temperature real, flags bit(8)) partition by range (at);
create table measurement_2025 partition of measurement for values from ('2025-01-01') to ('2026-01-01');
create table measurement_2026 partition of measurement for values from ('2026-01-01') to ('2027-01-01');
create table audit (id bigserial primary key, at timestamptz not null default now(), who text not null, what text not null, detail jsonb);
create table schema_version (version text primary key);

create index on line using gin (to_tsvector('simple', tag));
create index on equipment using gin (design jsonb_path_ops);
create index on sizing (scenario_id, at desc);
create index on measurement (line_id, at);
create unique index on person (lower(email));
create view overdue as select p.title, t.text, t.due from todo t join project p on p.id = t.project_id where not t.done and t.due < current_date;
create view protected_line as select l.tag, count(v.id) as valves from line l left join valve v on v.line_id = l.id group by l.tag;
create materialized view sizing_summary as select selected, count(*) as cases, avg(required_area) as area from sizing group by selected;
create function audit_change() returns trigger language plpgsql as $$
begin
  insert into audit (who, what, detail) values (current_user, tg_table_name || ' ' || tg_op, to_jsonb(new));
  return new;
end $$;
comment on table valve is 'Relief valves; "PSV" in the field';
alter table note enable row level security;
create policy own_project on note using (project_id is not null);
grant usage on schema public to plant_reader;
grant select on all tables in schema public to plant_reader;
grant insert, update on note, todo, sizing to plant_app;
alter default privileges in schema public grant select on tables to plant_reader;

insert into office (name, city) select 'Office ' || g, (array['Delft', 'Łódź', 'São Paulo', '横浜'])[g] from generate_series(1, 4) g;
insert into person (office_id, name, email, discipline, skills, joined)
  select 1 + g % 4, 'Person ' || g, 'person' || g || '@example.invalid', (enum_range(null::discipline))[1 + g % 4], array['hydraulics', 'relief ' || g], date '2015-01-01' + g from generate_series(1, 300) g;
update person p set reports_to = (select id from person where email = 'person1@example.invalid') where email <> 'person1@example.invalid';
insert into credential select id, decode(md5(email) || md5(name), 'hex'), now() from person;
insert into client (name, country, profile) select 'Client ' || g, 'NL', jsonb_build_object('rank', g, 'tags', jsonb_build_array('a', g)) from generate_series(1, 20) g;
insert into site (client_id, name, elevation) select 1 + g % 20, 'Site ' || g, g * 1.25 from generate_series(1, 60) g;
insert into unit (site_id, tag, description) select 1 + g % 60, 'U-' || g, repeat('Unit text. ', 4) from generate_series(1, 300) g;
insert into project (site_id, title, budget) select 1 + g % 60, 'Project "' || g || '"', (g * 1000)::money from generate_series(1, 200) g;
insert into revision (project_id, number, state, author, made) select 1 + g % 200, g, (enum_range(null::document_state))[1 + g % 4], (select id from person limit 1), now() - g * interval '1 hour' from generate_series(1, 1000) g;
update project p set current_revision = (select max(id) from revision r where r.project_id = p.id);
insert into membership select p.id, q.id, 50 from project p join lateral (select id from person order by md5(id::text || p.id) limit 5) q on true;
insert into fluid (name, phase, density, properties) select 'Fluid ' || g, (enum_range(null::phase))[1 + g % 3], 700 + sqrt(g), jsonb_build_object('cp', g / 7.0, 'note', 'µ = ' || g) from generate_series(1, 80) g;
insert into line (unit_id, tag, fluid_id, diameter_mm, length_m, route) select 1 + g % 300, 'L-' || g, 1 + g % 80, 25 + g % 600, g / 3.0, path '[(0,0),(1,2),(3,4)]' from generate_series(1, 20000) g;
insert into equipment (unit_id, tag, kind, design, volume) select 1 + g % 300, 'E-' || g, (array['vessel', 'pump', 'tank', 'exchanger', 'column'])[1 + g % 5], jsonb_build_object('pressure', g % 90, 'material', md5(g::text)), g / 9.0 from generate_series(1, 20000) g;
update equipment set parent_id = id - 1 where id % 3 = 0;
insert into vessel select id, 4.5, 1.2 from equipment where kind = 'vessel';
insert into pump select id, 35, array[point(0, 40), point(10, 35)] from equipment where kind = 'pump';
insert into valve (line_id, tag, set_pressure, orifice, certified) select g, 'PSV-' || g, 5 + g / 100.0, chr(68 + g % 17), daterange('2025-01-01', '2027-01-01') from generate_series(1, 8000) g;
insert into scenario (valve_id, name, cause, inputs) select 1 + g % 8000, 'Case ' || g, (array['fire', 'blocked outlet', 'tube rupture'])[1 + g % 3], jsonb_build_object('flow', g, 'k', md5(g::text)) from generate_series(1, 30000) g;
insert into sizing (scenario_id, required_area, selected, outputs, by, at) select g, sqrt(g) * 1.0001, chr(68 + g % 17), jsonb_build_object('area', g, 'ok', g % 2 = 0, 'trace', md5(g::text) || md5((g + 1)::text)), null, now() from generate_series(1, 30000) g;
insert into network (project_id, name, graph) select 1 + g % 200, 'Network ' || g, jsonb_build_object('nodes', g) from generate_series(1, 100) g;
insert into network_node select 1 + g % 100, g / 100, 'N' || g, point(g, g / 2.0) from generate_series(0, 4999) g;
insert into network_edge select n.network_id, n.number, n.number + 1, random() from network_node n where n.number < 49;
insert into attachment (valve_id, file_uri, bytes, uploaded) select 1 + g % 8000, '/uploads/' || (1 + g % 40) || '/datasheet ' || g || '.pdf', 1000 + g, now() from generate_series(1, 400) g;
insert into export (project_id, file_uri, made) select 1 + g % 200, '/exports/report-' || g || '.xlsx', now() from generate_series(1, 30) g;
insert into note (project_id, body, at) select 1 + g % 200, 'Größe, naïve, 日本語, ' || repeat(md5(g::text), 3), now() from generate_series(1, 10000) g;
update note set answers = id - 1 where id % 2 = 0;
insert into todo (project_id, text, done, due) select 1 + g % 200, 'Check line ' || g, g % 4 = 0, date '2026-01-01' + g % 365 from generate_series(1, 5000) g;
insert into tariff select 'T' || g, g / 3.0, tstzrange('2025-01-01', '2026-01-01') from generate_series(1, 100) g;
insert into setting select 'key ' || g, to_jsonb(g) from generate_series(1, 50) g;
insert into holiday select 1 + g % 4, date '2026-01-01' + g, 'Day ' || g from generate_series(1, 40) g;
insert into measurement select 1 + g % 20000, timestamptz '2025-11-01' + g * interval '1 minute', random() * 40, random() * 200, (g % 256)::bit(8) from generate_series(1, 150000) g;
insert into audit (who, what, detail) select 'person' || g % 300, 'login', jsonb_build_object('n', g, 'from', md5(g::text)) from generate_series(1, 60000) g;
create trigger audit_valve after insert or update on valve for each row execute function audit_change();
insert into schema_version values ('202611010001'), ('202611150002');
refresh materialized view sizing_summary;
