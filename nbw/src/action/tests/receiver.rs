//! An HTTP server that does as it is told.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::net::TcpListener;

/// What it answers to one request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Status(u16),
    /// 429 with this in `Retry-After`.
    Later(&'static str),
    Redirect(String),
    /// Never anything.
    Nothing,
    /// 200 with a body without end.
    Endless,
}

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) at: Instant,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
}

#[derive(Debug, Default)]
struct Shared {
    answers: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<Request>>,
}

/// A server on a free port of loopback, until the test's runtime ends.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

impl Receiver {
    /// Gives these answers, then 200 to all.
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self::new(listener.local_addr().unwrap(), answers);
        tokio::spawn(axum::serve(listener, receiver.router()).into_future());
        receiver
    }

    pub(crate) fn new(address: SocketAddr, answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers = Mutex::new(answers.into_iter().collect());
        Self { address, shared: Arc::new(Shared { answers, ..Shared::default() }) }
    }

    pub(crate) fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(Arc::clone(&self.shared))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// The alerts of all requests that were answered with 200 by the script, in order, as (status, subject).
    pub(crate) fn alerts(&self) -> Vec<(String, String)> {
        let requests = self.requests();
        let alerts = requests.iter().flat_map(|request| request.json["alerts"].as_array().unwrap().clone());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        alerts.map(|alert| (text(&alert["status"]), text(&alert["labels"]["subject"]))).collect()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    shared.requests.lock().unwrap().push(Request { at: Instant::now(), path: uri.path().into(), headers, json });
    let answer = shared.answers.lock().unwrap().pop_front();
    let status = |code: u16| axum::http::StatusCode::from_u16(code).unwrap();
    match answer.unwrap_or(Answer::Status(200)) {
        Answer::Status(code) => (status(code), "what the server says\x1b[2J").into_response(),
        Answer::Later(when) => (status(429), [("retry-after", when)]).into_response(),
        Answer::Redirect(to) => (status(307), [("location", to)]).into_response(),
        Answer::Nothing => std::future::pending().await,
        Answer::Endless => {
            let chunks = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 4096])));
            axum::body::Body::from_stream(chunks).into_response()
        }
    }
}
