//! Makes a program that differs smaller while it still does.

/// `candidates` gives smaller ones, the smallest first; `differs` gives back the first of them that still differs.
pub fn shrink<P: Clone, E>(
    program: &P,
    candidates: impl Fn(&P) -> Vec<P>,
    mut differs: impl FnMut(&[P]) -> Result<Option<P>, E>,
) -> Result<P, E> {
    let mut best = program.clone();
    while let Some(smaller) = differs(&candidates(&best))? {
        best = smaller;
    }
    Ok(best)
}
