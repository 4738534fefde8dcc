//! The database as a whole.

mod answers;
mod year;

use jiff::{Timestamp, tz::TimeZone};

use super::{
    Kind,
    query::{Every, Query},
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn query(kind: Kind, from: Timestamp, to: Timestamp, every: Every) -> Query {
    Query { kind, only: Vec::new(), from, to, every, top: None, zone: TimeZone::UTC, month_begins: 1 }
}
