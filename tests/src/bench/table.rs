//! What a bench prints.

use serde::Serialize;

/// One bench's result.
#[derive(Debug, Serialize)]
pub struct Table {
    /// The bench's name.
    pub bench: &'static str,
    /// What it measured.
    pub rows: Vec<Row>,
}

/// One measured thing.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// The value's unit.
    pub unit: &'static str,
}

impl Table {
    /// An empty table.
    pub fn new(bench: &'static str) -> Self {
        Self { bench, rows: Vec::new() }
    }

    /// Adds a row.
    pub fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.rows.push(Row { name: name.into(), value, unit });
    }

    /// The value of the row with that name.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.rows.iter().find(|row| row.name == name).map(|row| row.value)
    }

    /// Prints the table, or one JSON object.
    ///
    /// # Errors
    /// When it cannot be serialised.
    pub fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            println!("{}", serde_json::to_string(self)?);
            return Ok(());
        }
        let width = self.rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
        for row in &self.rows {
            println!("{:width$}  {:>10.2} {}", row.name, row.value, row.unit);
        }
        Ok(())
    }
}
