//! What is written can be read, and is there whole or not at all.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use super::made::{frame, inner};
use crate::{
    Time,
    capture::{LinkType, Reader, Writer},
};

#[test]
fn what_is_written_is_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("event.pcap");
    let mut writer = Writer::create(&path, LinkType::RAW).unwrap();
    writer.write(Time(1_700_000_000_123_456_789), 9_000, &inner()).unwrap();
    writer.write(Time(u64::MAX), 44, &inner()).unwrap();
    assert!(!path.exists(), "half of it is there");
    writer.finish().unwrap();
    let mut reader = Reader::open(&path).unwrap();
    let first = reader.next_packet().unwrap().unwrap().record();
    assert_eq!((first.time, first.link_type), (Time(1_700_000_000_123_456_789), LinkType::RAW));
    assert_eq!((first.original_length, first.bytes), (9_000, &*inner()));
    let last = reader.next_packet().unwrap().unwrap().record();
    assert_eq!(last.time.0 / 1_000_000_000, u64::from(u32::MAX));
    assert!(reader.next_packet().unwrap().is_none());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn what_is_given_up_leaves_what_was_there() {
    let directory = tempfile::tempdir().unwrap();
    let (file, link) = (directory.path().join("file"), directory.path().join("link"));
    fs::write(&file, "before").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    let mut given_up = Writer::create(&link, LinkType::ETHERNET).unwrap();
    given_up.write(Time(0), 60, &frame()).unwrap();
    drop(given_up);
    assert_eq!(fs::read_to_string(&file).unwrap(), "before");
    Writer::create(&link, LinkType::ETHERNET).unwrap().finish().unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&file).unwrap().len(), 24);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
}

#[test]
fn where_nothing_can_be_written_is_told_at_once_and_devices_stay() {
    assert!(Writer::create(Path::new("/no/such/directory/event.pcap"), LinkType::RAW).is_err());
    assert!(Writer::create(Path::new("/"), LinkType::RAW).is_err());
    Writer::create(Path::new("/dev/null"), LinkType::RAW).unwrap().finish().unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}
