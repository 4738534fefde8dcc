//! DNS messages, made by hickory-proto.

use std::net::Ipv4Addr;

use fastrand::Rng;
use hickory_proto::{
    op::{Edns, Message, MessageType, OpCode, Query},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{A, NULL, TXT},
    },
};

/// A question, with EDNS as resolvers ask since 2020 (up to 1,232 bytes).
pub(super) fn question(id: u16, name: &str, kind: RecordType) -> Vec<u8> {
    bytes(&asked(id, name, kind, MessageType::Query))
}

/// An answer with an address.
pub(super) fn address(id: u16, name: &str, rng: &mut Rng) -> Vec<u8> {
    let address = RData::A(A(Ipv4Addr::new(203, 0, 113, rng.u8(1..=254))));
    answer(id, name, RecordType::A, vec![address])
}

/// An answer with that many texts of 200 bytes.
pub(super) fn texts(id: u16, name: &str, many: usize, rng: &mut Rng) -> Vec<u8> {
    let text = |rng: &mut Rng| RData::TXT(TXT::new(vec![label(rng, 200)]));
    answer(id, name, RecordType::TXT, (0..many).map(|_| text(rng)).collect())
}

/// An answer with bytes of whatever meaning.
pub(super) fn bytes_of(id: u16, name: &str, data: Vec<u8>) -> Vec<u8> {
    answer(id, name, RecordType::NULL, vec![RData::NULL(NULL::with(data))])
}

/// That many letters; long ones repeat themselves.
pub(super) fn label(rng: &mut Rng, length: usize) -> String {
    let letters: String = (0..length.min(60)).map(|_| rng.lowercase()).collect();
    let mut all = letters.repeat(length.div_ceil(60));
    all.truncate(length);
    all
}

fn answer(id: u16, name: &str, kind: RecordType, data: Vec<RData>) -> Vec<u8> {
    let mut message = asked(id, name, kind, MessageType::Response);
    message.metadata.recursion_available = true;
    message.add_answers(data.into_iter().map(|data| Record::from_rdata(named(name), 300, data)));
    bytes(&message)
}

fn asked(id: u16, name: &str, kind: RecordType, role: MessageType) -> Message {
    let mut message = Message::new(id, role, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(named(name), kind));
    let mut edns = Edns::new();
    edns.set_max_payload(1_232);
    message.set_edns(edns);
    message
}

fn named(name: &str) -> Name {
    Name::from_ascii(name).expect("names here are made of short labels")
}

fn bytes(message: &Message) -> Vec<u8> {
    message.to_vec().expect("messages here are shorter than 64 KiB")
}
