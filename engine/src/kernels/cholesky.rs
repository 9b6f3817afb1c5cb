//! Cholesky factor of a small symmetric matrix.

use ndarray::Array2;

/// Lower triangular L with `L·Lᵀ = matrix` (n × n), `None` if the matrix is not positive definite.
///
/// A pivot below 1e-12 of its diagonal counts as not positive: a correlation matrix so close to singular is a mistake.
pub fn factor(matrix: &Array2<f64>) -> Option<Array2<f64>> {
    let n = matrix.nrows();
    let mut lower = Array2::<f64>::zeros((n, n));
    for i in 0..n {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| lower[[i, k]] * lower[[j, k]]).sum();
            let rest = matrix[[i, j]] - dot;
            if i == j {
                if rest.is_nan() || rest <= 1e-12 * matrix[[i, i]] {
                    return None;
                }
                lower[[i, i]] = libm::sqrt(rest);
            } else {
                lower[[i, j]] = rest / lower[[j, j]];
            }
        }
    }
    Some(lower)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_factor_squares_to_the_matrix() {
        let matrix = array![[1.0, 0.5, 0.2], [0.5, 1.0, -0.3], [0.2, -0.3, 1.0]];
        let lower = factor(&matrix).unwrap();
        let square = lower.dot(&lower.t());
        assert!((&square - &matrix).iter().all(|d| d.abs() < 1e-15));
    }

    #[test]
    fn impossible_correlations_have_no_factor() {
        assert!(factor(&array![[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]).is_none());
        assert!(factor(&array![[1.0, 1.0], [1.0, 1.0]]).is_none());
    }
}
