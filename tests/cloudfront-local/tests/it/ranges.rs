//! Parts of objects: cut out of a cached whole, or asked for and cached as parts.

use crate::stage::{Script, Stage};

#[tokio::test]
async fn a_part_is_cut_out_of_a_cached_whole() {
    let stage = Stage::start().await;
    let whole = Script::ok("0123456789").header("etag", "\"1\"");
    stage.origin.answers("/open/r", whole.typed("text/x"));
    stage.get("/open/r", &[]).await;
    let cases = [
        ("bytes=2-4", 206, "234", "bytes 2-4/10"),
        ("bytes=7-", 206, "789", "bytes 7-9/10"),
        ("bytes=-2", 206, "89", "bytes 8-9/10"),
        ("bytes=10-", 416, "", "bytes */10"),
        ("bytes=4-5,0-1", 200, "0123456789", ""),
        ("bytes=x", 200, "0123456789", ""),
    ];
    for (range, status, body, told) in cases {
        let seen = stage.get("/open/r", &[("range", range)]).await;
        assert_eq!(
            (
                seen.status,
                seen.body.as_str(),
                seen.header("content-range")
            ),
            (status, body, told),
            "{range}"
        );
    }
    let several = stage.get("/open/r", &[("range", "bytes=0-1,8-9")]).await;
    assert!(
        several
            .header("content-type")
            .starts_with("multipart/byteranges; boundary=")
    );
    for part in [
        "content-range: bytes 0-1/10\r\n\r\n01\r\n",
        "bytes 8-9/10\r\n\r\n89\r\n",
    ] {
        assert!(several.body.contains(part), "{}", several.body);
    }
    let same = stage
        .get("/open/r", &[("range", "bytes=0-1"), ("if-range", "\"1\"")])
        .await;
    let other = stage
        .get("/open/r", &[("range", "bytes=0-1"), ("if-range", "\"2\"")])
        .await;
    assert_eq!((same.status, other.status), (206, 200));
    assert_eq!(stage.origin.asked().len(), 1);
}

#[tokio::test]
async fn a_part_that_is_not_cached_is_asked_for_and_kept_as_a_part() {
    let stage = Stage::start().await;
    let part = Script::ok("234")
        .status(206)
        .header("content-range", "bytes 2-4/10");
    stage.origin.answers("/open/r", part);
    let range = [("range", "bytes=2-4")];
    let first = stage.get("/open/r", &range).await;
    assert_eq!(
        (first.status, first.cache(), first.body.as_str()),
        (206, "Miss", "234")
    );
    assert_eq!(stage.origin.asked()[0].headers["range"], "bytes=2-4");
    let second = stage.get("/open/r", &range).await;
    assert_eq!(
        (
            second.status,
            second.cache(),
            second.header("content-range")
        ),
        (206, "Hit", "bytes 2-4/10")
    );
    stage.origin.answers("/open/r", Script::ok("0123456789"));
    let whole = stage.get("/open/r", &[]).await;
    assert_eq!(
        (whole.status, whole.cache(), whole.body.as_str()),
        (200, "Miss", "0123456789")
    );
    stage.purge("r", &["/open/r"]).await;
    assert_eq!(
        stage.get("/open/r", &range).await.cache(),
        "Miss",
        "the part is purged too"
    );
}

#[tokio::test]
async fn an_origin_without_ranges_answers_whole_and_the_next_part_is_cut() {
    let stage = Stage::start().await;
    stage.origin.answers("/open/r", Script::ok("0123456789"));
    let range = [("range", "bytes=2-4")];
    let first = stage.get("/open/r", &range).await;
    assert_eq!((first.status, first.body.as_str()), (200, "0123456789"));
    let second = stage.get("/open/r", &range).await;
    assert_eq!(
        (second.status, second.cache(), second.body.as_str()),
        (206, "Hit", "234")
    );
}

#[tokio::test]
async fn a_part_that_nobody_asked_for_and_a_416_are_not_kept() {
    let stage = Stage::start().await;
    let part = Script::ok("234")
        .status(206)
        .header("content-range", "bytes 2-4/10");
    stage.origin.answers("/open/p", part);
    let aged = Script::ok("")
        .status(416)
        .header("cache-control", "max-age=60");
    stage.origin.answers("/open/u", aged);
    for _ in 0..2 {
        assert_eq!(stage.get("/open/p", &[]).await.status, 206);
        assert_eq!(
            stage.get("/open/u", &[("range", "bytes=99-")]).await.status,
            416
        );
    }
    assert_eq!(stage.origin.asked().len(), 4);
}
