//! A DNS server on loopback that does as a test says.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{PTR, SOA},
    },
};
use tokio::{net::UdpSocket, task::AbortHandle};

/// What a server sends back for a question: nothing, or bytes.
pub(super) type Answering = fn(&Message, IpAddr) -> Option<Vec<u8>>;

/// The server, and what it was asked.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    seen: Arc<Seen>,
    task: AbortHandle,
}

#[derive(Default)]
struct Seen {
    mute: AtomicBool,
    addresses: Mutex<Vec<IpAddr>>,
    others: Mutex<Vec<Name>>,
}

impl Server {
    pub(super) async fn start(answering: Answering) -> Self {
        Self::start_at("127.0.0.1:0", answering).await
    }

    pub(super) async fn start_at(address: &str, answering: Answering) -> Self {
        let socket = UdpSocket::bind(address).await.unwrap();
        let (address, seen) = (socket.local_addr().unwrap(), Arc::<Seen>::default());
        let task = tokio::spawn(serve(socket, Arc::clone(&seen), answering)).abort_handle();
        Self { address, seen, task }
    }

    /// Whether to be silent from now on.
    pub(super) fn mute(&self, mute: bool) {
        self.seen.mute.store(mute, Ordering::Relaxed);
    }

    /// The addresses whose names it was asked for, in that order, one for each datagram.
    pub(super) fn asked(&self) -> Vec<IpAddr> {
        self.seen.addresses.lock().unwrap().clone()
    }

    /// Questions for anything but names of addresses.
    pub(super) fn other_questions(&self) -> usize {
        self.seen.others.lock().unwrap().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(socket: UdpSocket, seen: Arc<Seen>, answering: Answering) {
    let mut buffer = [0; 4_096];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
        let question = Message::from_vec(&buffer[..length]).unwrap();
        let query = &question.queries[0];
        let answer = if query.query_type() == RecordType::PTR {
            let ip = query.name().parse_arpa_name().unwrap().addr();
            seen.addresses.lock().unwrap().push(ip);
            answering(&question, ip)
        } else {
            seen.others.lock().unwrap().push(query.name().clone());
            Some(refused(&question))
        };
        if let Some(answer) = answer
            && !seen.mute.load(Ordering::Relaxed)
        {
            socket.send_to(&answer, from).await.unwrap();
        }
    }
}

/// An answer of these names.
pub(super) fn pointers(question: &Message, time_to_live: u32, names: &[Name]) -> Option<Vec<u8>> {
    let owner = question.queries[0].name();
    let record = |name: &Name| Record::from_rdata(owner.clone(), time_to_live, RData::PTR(PTR(name.clone())));
    let mut answer = response(question, ResponseCode::NoError);
    answer.add_answers(names.iter().map(record));
    answer.to_vec().ok()
}

/// `host-A-B-C-D.example` for `A.B.C.D`.
pub(super) fn ordinary(question: &Message, ip: IpAddr) -> Option<Vec<u8>> {
    pointers(question, 300, &[Name::from_ascii(ordinary_name(ip)).unwrap()])
}

pub(super) fn ordinary_name(ip: IpAddr) -> String {
    format!("host-{}.example", ip.to_string().replace(['.', ':'], "-"))
}

/// There is no such name, and that is so for 5 minutes.
pub(super) fn no_such_name(question: &Message, _: IpAddr) -> Option<Vec<u8>> {
    let zone = Name::from_ascii("in-addr.arpa.").unwrap();
    let soa = SOA::new(zone.clone(), zone.clone(), 1, 300, 300, 300, 300);
    let mut answer = response(question, ResponseCode::NXDomain);
    answer.add_authority(Record::from_rdata(zone, 300, RData::SOA(soa)));
    answer.to_vec().ok()
}

pub(super) fn server_failure(question: &Message, _: IpAddr) -> Option<Vec<u8>> {
    response(question, ResponseCode::ServFail).to_vec().ok()
}

pub(super) fn refused(question: &Message) -> Vec<u8> {
    response(question, ResponseCode::Refused).to_vec().unwrap()
}

pub(super) fn response(question: &Message, code: ResponseCode) -> Message {
    let mut answer = question.clone().into_response();
    answer.metadata.response_code = code;
    answer
}
