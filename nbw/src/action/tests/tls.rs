use std::{fs, sync::Arc, time::Duration};

use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer},
};

use super::{firing, receiver::Receiver, start, until_status};

/// A server with TLS, and its certificate.
async fn server() -> (Receiver, String) {
    crate::action::http::use_ring();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key.into());
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let receiver = Receiver::new(listener.local_addr().unwrap(), []);
    tokio::spawn(serve(listener, acceptor, receiver.clone()));
    (receiver, cert.pem())
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, receiver: Receiver) {
    while let Ok((stream, _)) = listener.accept().await {
        let service = TowerToHyperService::new(receiver.router());
        // Clients that do not trust it end the handshake.
        if let Ok(stream) = acceptor.accept(stream).await {
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    }
}

fn hook(name: &str, receiver: &Receiver, more: &str) -> String {
    let port = receiver.address.port();
    format!("[{name}]\ntype = \"webhook\"\nurl = \"https://localhost:{port}/\"\n{more}\n")
}

#[tokio::test]
async fn only_a_certificate_that_is_trusted_is_told() {
    let (receiver, pem) = server().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    fs::write(&file, pem).unwrap();
    let trusting = hook("trusting", &receiver, &format!("ca_file = \"{}\"", file.display()));
    let dispatcher = start(&(trusting + &hook("strict", &receiver, "")));
    dispatcher.tell(&[firing("busy", "web")]);
    until_status(&dispatcher, "trusting", |action| action.sent == 1).await;
    let strict = until_status(&dispatcher, "strict", |action| action.last_error.is_some()).await;
    let error = strict.last_error.unwrap().text;
    assert!(error.contains("certificate"), "{error}");
    assert_eq!((strict.sent, receiver.requests().len()), (0, 1));
    dispatcher.finish(Duration::ZERO).await;
}
