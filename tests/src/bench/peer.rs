//! Other people's BPF objects, loaded so that their programs can be measured beside ours.
//!
//! aya does not know all that libbpf does, so the object is adapted in memory, without touching what the programs
//! do: sections named `tc...` are called `classifier`, maps are not pinned, and maps of millions of entries are made
//! smaller, because only one packet is ever run through them.

use std::{fs, path::PathBuf, str::FromStr};

use anyhow::{Context, Result, bail, ensure};
use aya::{Ebpf, EbpfLoader};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

/// The largest number of entries with which a peer's map is made.
const MOST_ENTRIES: u32 = 65_536;

/// A program of someone else's object.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The object file.
    pub object: PathBuf,
    /// The program's name in it.
    pub program: String,
    /// Load-time constants to set.
    knobs: Vec<(String, u64)>,
}

impl FromStr for Peer {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts = text.split(',');
        let first = parts.next().unwrap_or_default();
        let (object, program) = first.rsplit_once(':').context("expected OBJECT.o:PROGRAM")?;
        Ok(Self { object: object.into(), program: program.into(), knobs: parts.map(knob).collect::<Result<_>>()? })
    }
}

fn knob(text: &str) -> Result<(String, u64)> {
    let (name, value) = text.split_once('=').context("expected KNOB=VALUE")?;
    let value = match value.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16)?,
        None => value.parse()?,
    };
    Ok((name.into(), value))
}

impl Peer {
    /// Its name in a table.
    pub fn name(&self) -> String {
        let object = self.object.file_stem().unwrap_or_default().to_string_lossy();
        format!("{object}:{}", self.program)
    }

    /// Loads the whole object; the program is left to be loaded by the caller.
    ///
    /// # Errors
    /// When the file cannot be read or aya cannot make sense of it.
    pub fn load(&self) -> Result<Ebpf> {
        let bytes = fs::read(&self.object).with_context(|| self.object.display().to_string())?;
        let bytes = unpinned(classifiers_by_name(bytes)?);
        let large = large_maps(&bytes)?;
        let knobs = self.knobs.iter().map(|(name, value)| sized(&bytes, name, *value)).collect::<Result<Vec<_>>>()?;
        let mut loader = EbpfLoader::new();
        for (name, value) in &knobs {
            loader.override_global(name, value.as_slice(), true);
        }
        for name in &large {
            loader.map_max_entries(name, MOST_ENTRIES);
        }
        Ok(loader.load(&bytes)?)
    }
}

/// The constant's bytes, as wide as the object has it.
fn sized<'a>(bytes: &[u8], name: &'a str, value: u64) -> Result<(&'a str, Vec<u8>)> {
    let file = object::File::parse(bytes)?;
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name));
    let width = symbol.with_context(|| format!("there is no constant {name}"))?.size() as usize;
    ensure!(width <= 8, "the constant {name} has {width} bytes");
    Ok((name, value.to_le_bytes()[..width].to_vec()))
}

fn large_maps(bytes: &[u8]) -> Result<Vec<String>> {
    let object = aya_obj::Object::parse(bytes)?;
    let large = object.maps.into_iter().filter(|(_, map)| map.max_entries() > MOST_ENTRIES);
    Ok(large.map(|(name, _)| name).collect())
}

/// Hides the member `pinning` of map definitions, by a name of the same length.
fn unpinned(mut bytes: Vec<u8>) -> Vec<u8> {
    let pattern = b"\0pinning\0";
    let found: Vec<usize> =
        bytes.windows(pattern.len()).enumerate().filter(|(_, window)| window == pattern).map(|(at, _)| at).collect();
    for at in found {
        bytes[at + 1] = b'x';
    }
    bytes
}

/// Calls the section `tc` (libbpf's name for a classifier) `classifier` (aya's), in the ELF and in its BTF.
fn classifiers_by_name(bytes: Vec<u8>) -> Result<Vec<u8>> {
    let has_tc = object::File::parse(bytes.as_slice())?.section_by_name("tc").is_some();
    if !has_tc {
        return Ok(bytes);
    }
    let mut elf = Elf(bytes);
    elf.rename("tc", "classifier")?;
    Ok(elf.0)
}

/// A little-endian 64-bit ELF file that is changed in place; sections that grow move to its end.
struct Elf(Vec<u8>);

/// Offsets inside an ELF section header.
const SH_OFFSET: usize = 0x18;
const SH_SIZE: usize = 0x20;

impl Elf {
    fn rename(&mut self, from: &str, to: &str) -> Result<()> {
        let header = self.header_of(from)?;
        let name_at = self.append(".strtab", to)?;
        self.put32(header, name_at);
        let strings_at = self.append_btf_string(to)?;
        self.point_btf_ext(from, strings_at)
    }

    /// Where the section's header lies in the file.
    fn header_of(&self, name: &str) -> Result<usize> {
        let file = object::File::parse(self.0.as_slice())?;
        let index = file.section_by_name(name).with_context(|| format!("no section {name}"))?.index().0;
        Ok(self.get(0x28, 8) + index * self.get(0x3a, 2))
    }

    /// Where the section's bytes lie.
    fn extent_of(&self, name: &str) -> Result<(usize, usize)> {
        let header = self.header_of(name)?;
        Ok((self.get(header + SH_OFFSET, 8), self.get(header + SH_SIZE, 8)))
    }

    /// Adds a string to a string section; its offset there.
    fn append(&mut self, section: &str, text: &str) -> Result<usize> {
        let (offset, size) = self.extent_of(section)?;
        let mut body = self.0[offset..offset + size].to_vec();
        body.extend_from_slice(text.as_bytes());
        body.push(0);
        self.move_to_end(section, &body)?;
        Ok(size)
    }

    /// Adds a string to `.BTF`, whose strings are its last part (`struct btf_header` of `linux/btf.h`).
    fn append_btf_string(&mut self, text: &str) -> Result<usize> {
        let (offset, size) = self.extent_of(".BTF")?;
        let (strings, length) = (self.get(offset + 16, 4), self.get(offset + 20, 4));
        ensure!(self.get(offset + 4, 4) + strings + length == size, "BTF strings are not last");
        self.append(".BTF", text)?;
        let (offset, _) = self.extent_of(".BTF")?;
        self.put32(offset + 20, length + text.len() + 1);
        Ok(length)
    }

    /// Points the three tables of `.BTF.ext` that speak of section `from` at the string at `to`.
    fn point_btf_ext(&mut self, from: &str, to: usize) -> Result<()> {
        let (start, _) = self.extent_of(".BTF.ext")?;
        let header = self.get(start + 4, 4);
        for table in 0..3 {
            let at = start + header + self.get(start + 8 + 8 * table, 4);
            let length = self.get(start + 12 + 8 * table, 4);
            self.point_table(at, length, from, to)?;
        }
        Ok(())
    }

    fn point_table(&mut self, at: usize, length: usize, from: &str, to: usize) -> Result<()> {
        if length == 0 {
            return Ok(());
        }
        let record = self.get(at, 4);
        let mut entry = at + 4;
        while entry < at + length {
            if self.btf_string(self.get(entry, 4))? == from.as_bytes() {
                self.put32(entry, to);
            }
            entry += 8 + record * self.get(entry + 4, 4);
        }
        Ok(())
    }

    fn btf_string(&self, at: usize) -> Result<&[u8]> {
        let (offset, _) = self.extent_of(".BTF")?;
        let strings = offset + self.get(offset + 4, 4) + self.get(offset + 16, 4);
        match self.0[strings + at..].split(|&byte| byte == 0).next() {
            Some(text) => Ok(text),
            None => bail!("BTF string {at} does not end"),
        }
    }

    fn move_to_end(&mut self, section: &str, body: &[u8]) -> Result<()> {
        let header = self.header_of(section)?;
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        let offset = self.0.len();
        self.0[header + SH_OFFSET..][..8].copy_from_slice(&(offset as u64).to_le_bytes());
        self.0[header + SH_SIZE..][..8].copy_from_slice(&(body.len() as u64).to_le_bytes());
        self.0.extend_from_slice(body);
        Ok(())
    }

    fn get(&self, at: usize, width: usize) -> usize {
        let mut bytes = [0; 8];
        bytes[..width].copy_from_slice(&self.0[at..at + width]);
        u64::from_le_bytes(bytes) as usize
    }

    fn put32(&mut self, at: usize, value: usize) {
        self.0[at..at + 4].copy_from_slice(&(value as u32).to_le_bytes());
    }
}
