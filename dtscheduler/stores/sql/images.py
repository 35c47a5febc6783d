"""Registered images in a database."""

from __future__ import annotations

from sqlalchemy import select

from dtscheduler.model.saved import ImageRecord
from dtscheduler.stores.sql import rows
from dtscheduler.stores.sql.database import Database
from dtscheduler.stores.sql.tables import images

_COLUMNS = [images.c[name] for name in rows.IMAGE]


class SqlImages:
    """The image part of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_image(self, image: ImageRecord) -> None:
        """Register an image, or replace the one of that name and tag."""
        values = {name: getattr(image, name) for name in rows.IMAGE} | {"added": rows.micros(image.added)}
        written = self._database.insert(images).values(values)
        replaced = written.on_conflict_do_update(index_elements=["name", "tag"], set_=values)
        with self._database.writing() as connection:
            connection.execute(replaced)

    def images(self) -> list[ImageRecord]:
        """All images in order of name and tag."""
        with self._database.reading() as connection:
            found = connection.execute(select(*_COLUMNS)).all()
        return sorted(map(rows.image_record, found), key=lambda image: (image.name, image.tag))
