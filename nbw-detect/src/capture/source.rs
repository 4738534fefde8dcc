//! The bytes of a capture, one buffer full at a time.

use std::{
    io::{self, Read},
    ops::Range,
};

/// Fits into a core's cache, and makes one system call for some hundred packets.
const ROOM: usize = 256 << 10;

/// A buffer that is filled as far as is asked for, and never holds more than that and what one read has brought.
pub(super) struct Source {
    input: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// What is read and not yet consumed.
    unread: Range<usize>,
    /// Of `unread.start`, from the beginning.
    offset: u64,
    ended: bool,
}

impl Source {
    pub(super) fn new(input: Box<dyn Read + Send>) -> Self {
        Self { input, buffer: vec![0; ROOM], unread: 0..0, offset: 0, ended: false }
    }

    /// How many bytes were consumed.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// What is there and not consumed.
    #[inline]
    pub(super) fn available(&self) -> &[u8] {
        &self.buffer[self.unread.clone()]
    }

    /// Part of what was consumed last, as [`Self::consume`] has told.
    #[inline]
    pub(super) fn consumed(&self, part: Range<usize>) -> &[u8] {
        &self.buffer[part]
    }

    /// Reads until there are `length` bytes; whether there are so many. Whoever asks for a length has checked that it is sane.
    #[inline]
    pub(super) fn fill(&mut self, length: usize) -> io::Result<bool> {
        if self.unread.len() >= length {
            return Ok(true);
        }
        self.refill(length)
    }

    #[cold]
    fn refill(&mut self, length: usize) -> io::Result<bool> {
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        if self.buffer.len() < length {
            self.buffer.resize(length.next_multiple_of(ROOM), 0);
        }
        while self.unread.len() < length && !self.ended {
            self.read()?;
        }
        Ok(self.unread.len() >= length)
    }

    fn read(&mut self) -> io::Result<()> {
        match self.input.read(&mut self.buffer[self.unread.end..]) {
            Ok(0) => self.ended = true,
            Ok(count) => self.unread.end += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Goes on behind `length` bytes, all of which are there; says where in the buffer they begin.
    #[inline]
    pub(super) fn consume(&mut self, length: usize) -> usize {
        let start = self.unread.start;
        self.unread.start += length;
        self.offset += length as u64;
        start
    }

    /// Goes on behind `length` bytes, however many; whether there were so many. If not, the offset stays that of the first.
    pub(super) fn skip(&mut self, mut length: u64) -> io::Result<bool> {
        let begin = self.offset;
        while length > 0 {
            if !self.fill(1)? {
                self.offset = begin;
                return Ok(false);
            }
            let step = self.unread.len().min(usize::try_from(length).unwrap_or(usize::MAX));
            self.consume(step);
            length -= step as u64;
        }
        Ok(true)
    }
}
