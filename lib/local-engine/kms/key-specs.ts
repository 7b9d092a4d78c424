/** How a key that signs is made, and what it signs with. */
export interface SigningSpec {
  kind: 'ec' | 'rsa';
  /** OpenSSL's name of the curve, or the length of the modulus in bits. */
  curve?: 'prime256v1' | 'secp384r1' | 'secp521r1';
  bits?: number;
  algorithms: string[];
}

const RSA = ['256', '384', '512'].flatMap((bits) => [`RSASSA_PKCS1_V1_5_SHA_${bits}`, `RSASSA_PSS_SHA_${bits}`]);

export const SYMMETRIC = 'SYMMETRIC_DEFAULT';

/** The KeySpecs of keys that sign here. Others (HMAC, SM2, secp256k1, Edwards curves) are refused with their assembly. */
export const SIGNING_SPECS: Record<string, SigningSpec> = {
  ECC_NIST_P256: { kind: 'ec', curve: 'prime256v1', algorithms: ['ECDSA_SHA_256'] },
  ECC_NIST_P384: { kind: 'ec', curve: 'secp384r1', algorithms: ['ECDSA_SHA_384'] },
  ECC_NIST_P521: { kind: 'ec', curve: 'secp521r1', algorithms: ['ECDSA_SHA_512'] },
  RSA_2048: { kind: 'rsa', bits: 2048, algorithms: RSA },
  RSA_3072: { kind: 'rsa', bits: 3072, algorithms: RSA },
  RSA_4096: { kind: 'rsa', bits: 4096, algorithms: RSA },
};

/** The hash in the name of a signing algorithm: `sha256` of `ECDSA_SHA_256`. */
export function hashOf(algorithm: string): string {
  return `sha${algorithm.slice(-3)}`;
}
