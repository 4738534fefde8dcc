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
    use crate::snapshot::By;

    #[test]
    fn golden() {
        let mut out = Vec::new();
        let mut sink = Json::new(&mut out);
        sink.emit(&fixture::snapshot()).unwrap();
        sink.emit(&fixture::later()).unwrap();
        sink.finish().unwrap();
        fixture::assert_golden("snapshot.jsonl", &out);
    }

    #[test]
    fn golden_of_every_kind() {
        let mut out = Vec::new();
        let mut sink = Json::new(&mut out);
        sink.emit(&fixture::with_rows()).unwrap();
        sink.emit(&fixture::with_no_rows()).unwrap();
        fixture::assert_golden("by.jsonl", &out);
    }

    #[test]
    fn golden_of_alerts() {
        let mut out = Vec::new();
        let mut sink = Json::new(&mut out);
        sink.emit(&fixture::with_alerts()).unwrap();
        sink.emit(&Snapshot { alerts: Some(Vec::new()), ..fixture::later() }).unwrap();
        fixture::assert_golden("alerts.jsonl", &out);
        let alerts =
            |snapshot| serde_json::to_value(snapshot).unwrap().get("alerts").map(|list| list.as_array().unwrap().len());
        assert_eq!([fixture::with_alerts(), fixture::snapshot()].map(alerts), [Some(fixture::alerts().len()), None]);
    }

    #[test]
    fn lists_that_were_not_asked_for_are_not_there() {
        let lists = |snapshot| {
            let json = serde_json::to_value(snapshot).unwrap();
            By::ALL.map(|by| json.get(by.plural()).is_some())
        };
        assert_eq!(lists(fixture::with_rows()), [true; 8]);
        assert_eq!(lists(fixture::with_no_rows()), [true; 8]);
        assert_eq!(lists(fixture::snapshot()), By::ALL.map(|by| matches!(by, By::Interface | By::Group)));
    }
}
