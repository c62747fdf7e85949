//! The cause of a refusal that came without one.

use datalake_core::fault::{Fault, FaultKind};

use crate::answer::{Answer, judge_answer};
use crate::call::Call;
use crate::store::S3Store;

impl S3Store {
    /// Why a `HEAD` was refused. Its answer has no body, four faults share a bare 403, and any web
    /// server says 404: `again`, the same question as a `GET`, is asked once for the code. What it
    /// brings is thrown away.
    pub(crate) async fn cause_of(&self, answer: Answer, again: Call<'_>) -> Fault {
        let told = judge_answer(&answer);
        if !hides_cause(&answer) {
            return told;
        }
        match self.road().send(again).await {
            Ok(reply) if has_cause(reply.status.as_u16()) => match reply.whole(0).await {
                Ok(second) if second.error().is_some() => judge_answer(&second),
                // A page of some other server: nobody has said that it is not there.
                Ok(second) if told.kind == FaultKind::Absent => judge_answer(&second),
                Ok(_) | Err(_) => told,
            },
            // It is permitted, or nobody knows: the first answer stands.
            Ok(_) | Err(_) => told,
        }
    }
}

/// Whether an answer says no and not why. Services answer a bare 400 to some signatures, too; a bare
/// 404 of S3 has the request's id.
fn hides_cause(answer: &Answer) -> bool {
    let is_told = answer.error().is_some() || answer.header("x-amz-bucket-region").is_some();
    match answer.status.as_u16() {
        400 | 401 | 403 => !is_told,
        404 => !is_told && answer.header("x-amz-request-id").is_none(),
        _ => false,
    }
}

/// Whether a second answer may tell why: 416 only says that there is nothing at its range.
fn has_cause(status: u16) -> bool {
    (400..500).contains(&status) && status != 416
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn bare_answer(status: u16) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            clock_ahead: Some(0),
        }
    }

    #[test]
    fn only_a_bare_refusal_hides_its_cause() {
        for (status, hides) in
            [(403, true), (401, true), (400, true), (404, true), (412, false), (503, false)]
        {
            assert_eq!(hides_cause(&bare_answer(status)), hides, "{status}");
        }
        let body = Bytes::from_static(b"<Error><Code>AccessDenied</Code></Error>");
        assert!(!hides_cause(&Answer { body, ..bare_answer(403) }));
        let mut of_s3 = bare_answer(404);
        of_s3.headers.insert("x-amz-request-id", "tx1".parse().unwrap());
        assert!(!hides_cause(&of_s3));
        let mut region = bare_answer(400);
        region.headers.insert("x-amz-bucket-region", "hel1".parse().unwrap());
        assert!(!hides_cause(&region));
    }

    #[test]
    fn a_second_answer_about_the_range_tells_nothing() {
        assert!([400, 403, 404].into_iter().all(has_cause));
        assert!([200, 206, 416, 500, 503].into_iter().all(|status| !has_cause(status)));
    }
}
