//! Tells the library of a byte more than there is: what AddressSanitizer must notice.

fn main() {
    let blob = std::fs::read(std::env::args().nth(1).expect("a blob")).expect("readable");
    let short = Box::<[u8]>::from(&blob[..blob.len() - 1]);
    let mut profile = token2metrics::t2m_profile::EMPTY;
    // SAFETY: none, which is the flaw.
    println!("{:?}", unsafe { token2metrics::t2m_profile_load(short.as_ptr(), blob.len(), &mut profile) });
}
