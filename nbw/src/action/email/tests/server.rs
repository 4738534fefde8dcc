//! An SMTP server by the `mailin` crate, on loopback.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use mailin::{Action, AuthMechanism, Handler, Response, SessionBuilder, response};

/// A client that says nothing for so long is left.
const SILENCE: Duration = Duration::from_secs(30);

/// A mail as it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Mail {
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) text: String,
}

impl Mail {
    pub(super) fn headers(&self) -> impl Iterator<Item = &str> {
        self.text.lines().take_while(|line| !line.is_empty())
    }
}

#[derive(Debug, Default)]
struct Shared {
    mails: Mutex<Vec<Mail>>,
    logins: Mutex<Vec<(String, String)>>,
    /// So many mails are not taken.
    failures: Mutex<usize>,
}

/// A server that takes mails for all but `nobody@x.org`.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// Takes no mail before it has failed so many times.
    pub(super) fn start(failures: usize) -> Self {
        Self::serve(failures, SessionBuilder::new("mail.x.org"))
    }

    /// Takes mails of those only who log in.
    pub(super) fn with_login() -> Self {
        let mut builder = SessionBuilder::new("mail.x.org");
        builder.enable_auth(AuthMechanism::Plain).insecure_enable_plaintext_auth();
        Self::serve(0, builder)
    }

    fn serve(failures: usize, builder: SessionBuilder) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self::at(listener.local_addr().unwrap());
        *server.shared.failures.lock().unwrap() = failures;
        let shared = Arc::clone(&server.shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let visit = Visit { shared: Arc::clone(&shared), mail: Mail::default() };
                let (stream, builder) = (stream.unwrap(), builder.clone());
                // Clients may go away at any time.
                thread::spawn(move || drop(converse(&stream, &builder, visit)));
            }
        });
        server
    }

    /// None is there.
    pub(super) fn at(address: SocketAddr) -> Self {
        Self { address, shared: Arc::default() }
    }

    /// Those that were taken, and those that were not.
    pub(super) fn mails(&self) -> Vec<Mail> {
        self.shared.mails.lock().unwrap().clone()
    }

    pub(super) fn logins(&self) -> Vec<(String, String)> {
        self.shared.logins.lock().unwrap().clone()
    }
}

fn converse(stream: &TcpStream, builder: &SessionBuilder, visit: Visit) -> io::Result<()> {
    stream.set_read_timeout(Some(SILENCE))?;
    let mut session = builder.build(stream.peer_addr()?.ip(), visit);
    let (mut lines, mut out) = (BufReader::new(stream), stream);
    out.write_all(&session.greeting().buffer()?)?;
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let answer = session.process(&line);
        if answer.action != Action::NoReply {
            out.write_all(&answer.buffer()?)?;
        }
        if answer.action == Action::Close {
            break;
        }
        line.clear();
    }
    Ok(())
}

struct Visit {
    shared: Arc<Shared>,
    mail: Mail,
}

impl Handler for Visit {
    fn mail(&mut self, _: IpAddr, _: &str, from: &str) -> Response {
        self.mail = Mail { from: from.to_owned(), ..Mail::default() };
        response::OK
    }

    fn rcpt(&mut self, to: &str) -> Response {
        self.mail.to.push(to.to_owned());
        if to == "nobody@x.org" { response::NO_MAILBOX } else { response::OK }
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.mail.text += &String::from_utf8_lossy(bytes);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        self.shared.mails.lock().unwrap().push(self.mail.clone());
        let mut failures = self.shared.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            // mailin takes a QUIT for text after any other failure here.
            return response::NO_SERVICE;
        }
        response::OK
    }

    fn auth_plain(&mut self, _: &str, user: &str, password: &str) -> Response {
        self.shared.logins.lock().unwrap().push((user.to_owned(), password.to_owned()));
        response::AUTH_OK
    }
}
