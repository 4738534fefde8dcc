//! A capture as what is asked for.

use std::io::BufWriter;

use nbw_detect::capture::{LinkType, Record, Writer};

use super::{Name, Output, To};
use crate::failure::Failure;

/// Packets, on their way to an [`Output`].
#[derive(Debug)]
pub struct CaptureFile {
    name: Name,
    writer: Writer<BufWriter<To>>,
    link_type: LinkType,
}

impl CaptureFile {
    /// Begins it, of packets of this kind of link.
    ///
    /// # Errors
    /// When it cannot be written; wrong usage where it would be shown on a terminal.
    pub fn begin(output: Output, link_type: LinkType) -> Result<Self, Failure> {
        if output.is_terminal() {
            return Err(Failure::Usage("a capture is not for a terminal: give --write FILE, or a pipe".into()));
        }
        let Output { name, to } = output;
        let writer = Writer::new(BufWriter::new(to), link_type).map_err(|error| name.cannot(&error))?;
        Ok(Self { name, writer, link_type })
    }

    /// Writes a packet; whether it is one of the kind that the capture is of.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, record: &Record<'_>) -> Result<bool, Failure> {
        if record.link_type != self.link_type {
            return Ok(false);
        }
        let written = self.writer.write(record.time, record.original_length, record.bytes);
        written.map(|()| true).map_err(|error| self.name.cannot(&error))
    }

    /// The end of it: now it is there.
    ///
    /// # Errors
    /// When it cannot be written; then a file is what it was before.
    pub fn finish(self) -> Result<(), Failure> {
        let Self { name, writer, .. } = self;
        let written = writer.finish().and_then(|out| out.into_inner().map_err(|error| error.into_error()));
        let to = written.map_err(|error| name.cannot(&error))?;
        Output { name, to }.finish()
    }
}
