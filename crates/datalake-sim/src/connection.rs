//! One TCP connection.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::Body;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::front::{ConnectionEnd, Dropped, Front};

/// Serves a connection until it ends or `stop` turns.
pub(crate) async fn serve_connection(
    stream: TcpStream,
    front: Arc<Front>,
    tls: Option<TlsAcceptor>,
    stop: watch::Receiver<bool>,
) {
    let line = ConnectionEnd::default();
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let stream = Resettable { stream, line: line.clone() };
    match tls {
        None => speak_http(stream, front, line, stop).await,
        Some(acceptor) => {
            // A client that does not trust the certificate hangs up here.
            if let Ok(stream) = acceptor.accept(stream).await {
                speak_http(stream, front, line, stop).await;
            }
        }
    }
}

async fn speak_http<S>(
    stream: S,
    front: Arc<Front>,
    line: ConnectionEnd,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let answer = service_fn(|request: Request<Incoming>| {
        let (front, line) = (Arc::clone(&front), line.clone());
        async move { front.answer(request, &line).await as Result<Response<Body>, Dropped> }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
    let mut connection = std::pin::pin!(connection);
    // How a connection ended is the client's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stopped| *stopped) => connection.as_mut().graceful_shutdown(),
    }
    connection.await.unwrap_or_default();
}

/// A stream whose end may be a reset.
struct Resettable {
    stream: TcpStream,
    line: ConnectionEnd,
}

impl Drop for Resettable {
    fn drop(&mut self) {
        if self.line.is_reset() {
            // Without it the client sees an ordinary end, which is a fault as well.
            self.stream.set_zero_linger().unwrap_or_default();
        }
    }
}

impl AsyncRead for Resettable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Resettable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.line.is_reset() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
