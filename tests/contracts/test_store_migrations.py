"""Every database gets the same tables, whether they are made at once or migration by migration."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from sqlalchemy import inspect

from dtscheduler.stores.sql import open_store, schema
from dtscheduler.stores.sql.database import Database


def test_migrations_give_the_same_tables_as_creating_them(two_places):
    created, migrated = map(Database, two_places)
    schema.make_ready(created)
    with migrated.writing() as connection:
        schema.migrate(connection)
    assert described(created) == described(migrated)
    assert len(described(created)) == 11
    created.close()
    migrated.close()


def test_a_migrated_database_is_a_store(two_places):
    database = Database(two_places[0])
    with database.writing() as connection:
        schema.migrate(connection)
    database.close()
    with closing(open_store(two_places[0])) as store:
        assert store.problems() == []


def test_many_may_open_a_new_database_at_once(two_places):
    def open_and_close(_):
        with closing(open_store(two_places[0])) as store:
            return store.problems()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(open_and_close, range(8))) == [[]] * 8


def described(database):
    with database.reading() as connection:
        inspector = inspect(connection)
        return {table: described_table(inspector, table) for table in inspector.get_table_names()}


def described_table(inspector, table):
    columns = [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)]
    indexes = [
        (i["name"], i["column_names"], list(map(str, i["dialect_options"].values())))
        for i in inspector.get_indexes(table)
    ]
    primary, foreign = inspector.get_pk_constraint(table), inspector.get_foreign_keys(table)
    if table == "alembic_version":
        primary = primary["constrained_columns"]
    return columns, indexes, primary, foreign, inspector.get_unique_constraints(table)
