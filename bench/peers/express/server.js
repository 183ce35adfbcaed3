import express from 'express';
import { Limiter } from './limiter.js';

const port = Number(process.env.PORT ?? 3000);
// TUNED=no leaves Express and ioredis as they come.
const tuned = process.env.TUNED !== 'no';
const limiter = new Limiter(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', tuned);

const app = express();
if (tuned) {
  // Neither header tells a caller of a rate limiter anything, and both cost time.
  app.disable('x-powered-by');
  app.disable('etag');
}
app.use(express.json());

app.get('/limit/check', async (request, response) => {
  const { key, tenant, cost } = request.query;
  await answer(response, { key, tenant, cost: cost === undefined ? 1 : Number(cost) }, false);
});

app.post('/limit/incr', async (request, response) => {
  await answer(response, request.body ?? {}, true);
});

async function answer(response, { key, tenant = 'default', cost = 1 }, spend) {
  if (typeof key !== 'string' || key === '') return response.status(400).json({ error: 'key is missing' });
  if (!Number.isInteger(cost) || cost < 1) return response.status(400).json({ error: 'cost must be a whole number from 1' });
  const decision = await limiter.decide(tenant, key, cost, spend);
  response.status(decision.allowed || !spend ? 200 : 429).json(decision);
}

// A thousand clients may connect at once; the usual queue of 511 would make half of them try again a second later.
const server = app.listen(port, '127.0.0.1', 4096, () => console.log(`listening on http://127.0.0.1:${port}`));

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    limiter.close();
  });
}
