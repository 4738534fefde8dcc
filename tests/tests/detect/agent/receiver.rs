//! A webhook's receiver inside a host.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread,
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode};
use nbw_tests::lab::Netns;
use serde_json::Value;

type Posts = Arc<Mutex<Vec<Value>>>;

/// On a free port of the host's loopback, in a thread of its own.
pub(super) struct Receiver {
    address: SocketAddr,
    posts: Posts,
}

impl Receiver {
    pub(super) fn start(netns: &Netns) -> Self {
        let listener = netns.enter(|| TcpListener::bind("127.0.0.1:0").expect("a port"));
        let address = listener.local_addr().expect("its address");
        listener.set_nonblocking(true).expect("a socket for tokio");
        let posts = Posts::default();
        let app = Router::new().fallback(keep).with_state(Arc::clone(&posts));
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("the same socket");
                axum::serve(listener, app).await
            })
        });
        Self { address, posts }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The alerts of this status that were posted.
    pub(super) fn alerts(&self, status: &str) -> Vec<Value> {
        let posts = self.posts.lock().expect("posts").clone();
        let alerts = posts.iter().flat_map(|post| post["alerts"].as_array().cloned().unwrap_or_default());
        alerts.filter(|alert| alert["status"] == status).collect()
    }
}

async fn keep(State(posts): State<Posts>, body: Bytes) -> StatusCode {
    let Ok(post) = serde_json::from_slice(&body) else { return StatusCode::BAD_REQUEST };
    posts.lock().expect("posts").push(post);
    StatusCode::OK
}
