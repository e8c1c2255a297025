// Finds the program: the one of this package for this machine, or what CLOUDFRONT_LOCAL names.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export function program() {
  const given = process.env.CLOUDFRONT_LOCAL;
  if (given) return given;
  const packaged = fileURLToPath(new URL(`bin/${process.platform}-${process.arch}/cloudfront-local`, import.meta.url));
  if (existsSync(packaged)) return packaged;
  throw new Error(`this package has no cloudfront-local for ${process.platform}-${process.arch}: name one with CLOUDFRONT_LOCAL`);
}
