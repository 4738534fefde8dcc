//! A webhook's receiver: keeps what is posted, by path.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, Uri},
};
use serde_json::Value;
use tokio::net::TcpListener;

type Posts = Arc<Mutex<Vec<(String, Value)>>>;

/// On a free port of loopback, in a thread of its own.
pub(super) struct Receiver {
    address: SocketAddr,
    posts: Posts,
}

impl Receiver {
    pub(super) fn start() -> Self {
        let posts = Posts::default();
        let app = Router::new().fallback(keep).with_state(Arc::clone(&posts));
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                axum::serve(listener, app).await.unwrap();
            });
        });
        Self { address: told.recv().unwrap(), posts }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// What was posted there.
    pub(super) fn messages(&self, path: &str) -> Vec<Value> {
        let posts = self.posts.lock().unwrap();
        posts.iter().filter(|(other, _)| other.strip_prefix('/') == Some(path)).map(|(_, post)| post.clone()).collect()
    }

    /// The alerts of this status that were posted there.
    pub(super) fn alerts(&self, path: &str, status: &str) -> Vec<Value> {
        let alerts = self.messages(path).into_iter().flat_map(|post| post["alerts"].as_array().unwrap().clone());
        alerts.filter(|alert| alert["status"] == status).collect()
    }
}

async fn keep(State(posts): State<Posts>, uri: Uri, body: Bytes) -> StatusCode {
    let Ok(post) = serde_json::from_slice(&body) else { return StatusCode::BAD_REQUEST };
    posts.lock().unwrap().push((uri.path().to_owned(), post));
    StatusCode::OK
}
