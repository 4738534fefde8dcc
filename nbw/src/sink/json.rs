//! `--format json`: one object a line. The layout is [`Snapshot`]'s own.

use std::io::{self, Write};

use super::{Sink, send};
use crate::snapshot::Snapshot;

/// Writes each snapshot as one line of JSON, with one write.
#[derive(Debug)]
pub struct Json<W> {
    out: W,
    line: Vec<u8>,
}

impl<W: Write> Json<W> {
    /// A sink that writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, line: Vec::new() }
    }
}

impl<W: Write> Sink for Json<W> {
    fn emit(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, snapshot)?;
        self.line.push(b'\n');
        send(&mut self.out, &mut self.line)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn golden() {
        let mut out = Vec::new();
        let mut sink = Json::new(&mut out);
        sink.emit(&fixture::snapshot()).unwrap();
        sink.emit(&fixture::later()).unwrap();
        sink.finish().unwrap();
        fixture::assert_golden("snapshot.jsonl", &out);
    }
}
