//! How a text gets into and out of WebAssembly: the caller asks for room for its question, writes
//! it there, asks for the answer, and reads that. One thread calls, one question at a time.

use std::sync::Mutex;

static QUESTION: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static ANSWER: Mutex<String> = Mutex::new(String::new());

/// Room for a question of so many bytes of UTF-8: where it begins.
#[expect(
    unsafe_code,
    reason = "an exported function has its name as it is written"
)]
#[unsafe(no_mangle)]
pub extern "C" fn room(bytes: usize) -> *const u8 {
    let mut question = QUESTION.lock().expect("one thread calls");
    question.clear();
    question.resize(bytes, 0);
    question.as_ptr()
}

/// Answers the question: how many bytes the answer has.
#[expect(
    unsafe_code,
    reason = "an exported function has its name as it is written"
)]
#[unsafe(no_mangle)]
pub extern "C" fn ask() -> usize {
    let question = QUESTION.lock().expect("one thread calls");
    let mut answer = ANSWER.lock().expect("one thread calls");
    *answer = crate::answer(&String::from_utf8_lossy(&question));
    answer.len()
}

/// Where the answer begins.
#[expect(
    unsafe_code,
    reason = "an exported function has its name as it is written"
)]
#[unsafe(no_mangle)]
pub extern "C" fn answered() -> *const u8 {
    ANSWER.lock().expect("one thread calls").as_ptr()
}
