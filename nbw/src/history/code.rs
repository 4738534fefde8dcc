//! Kinds as numbers of the database. They never change.

use super::Kind;

/// Counters of the kernel, which are subjects to the database and to nobody else.
pub(super) const COUNTER: u8 = 100;

/// What is added to a kind's number for the sum of all its subjects, which is kept beside them: what is not named in an answer
/// is that less what is.
const ALL_OF: u8 = 50;

/// All kinds with their numbers.
const CODES: [(Kind, u8); 8] = [
    (Kind::Host, 0),
    (Kind::Interface, 1),
    (Kind::Group, 2),
    (Kind::Container, 3),
    (Kind::Pod, 4),
    (Kind::Unit, 5),
    (Kind::Process, 6),
    (Kind::Remote, 7),
];

/// The number of a kind.
pub(super) fn of(kind: Kind) -> u8 {
    CODES.iter().find(|(other, _)| *other == kind).map_or(COUNTER, |(_, code)| *code)
}

/// The number of the sum of all subjects of a kind.
pub(super) fn all_of(kind: Kind) -> u8 {
    of(kind) + ALL_OF
}

/// The kind of a number.
pub(super) fn kind(code: u8) -> Option<Kind> {
    CODES.iter().find(|(_, other)| *other == code).map(|(kind, _)| *kind)
}
