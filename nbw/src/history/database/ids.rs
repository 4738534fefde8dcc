//! The numbers that subjects have in the database.

use std::{collections::HashMap, sync::Arc};

use rusqlite::{Connection, params};

use crate::history::{Kind, OTHER, code};

/// Those that were asked for.
#[derive(Default)]
pub(super) struct Ids(HashMap<u8, HashMap<Arc<str>, Known>>);

struct Known {
    id: i64,
    name: Arc<str>,
}

/// So many are remembered; those of remote hosts never end.
const MOST: usize = 65_536;

impl Ids {
    /// The number of a subject, which is written down where it is new or has another name.
    pub(super) fn of(
        &mut self,
        connection: &Connection,
        kind: u8,
        key: &Arc<str>,
        name: &Arc<str>,
    ) -> rusqlite::Result<i64> {
        let known = self.0.entry(kind).or_default();
        if let Some(known) = known.get(key).filter(|known| known.name == *name) {
            return Ok(known.id);
        }
        let mut upsert = connection.prepare_cached(
            "INSERT INTO subject (kind, key, name) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET name = excluded.name RETURNING id",
        )?;
        let id = upsert.query_row(params![kind, key, name], |row| row.get(0))?;
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(Arc::clone(key), Known { id, name: Arc::clone(name) });
        Ok(id)
    }

    /// The number of what stands for the rest of a kind.
    pub(super) fn other(&mut self, connection: &Connection, kind: u8) -> rusqlite::Result<i64> {
        self.of(connection, kind, &"".into(), &OTHER.into())
    }

    /// The number of the sum of all subjects of a kind.
    pub(super) fn all(&mut self, connection: &Connection, kind: Kind) -> rusqlite::Result<i64> {
        self.of(connection, code::all_of(kind), &"".into(), &"all".into())
    }

    /// Forgets all: some are not in the database any more.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}
