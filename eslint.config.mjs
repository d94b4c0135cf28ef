import next from 'eslint-config-next/core-web-vitals';
import ts from 'eslint-config-next/typescript';

const noShell = ['exec', 'execSync'].map((name) => ({
  name: 'node:child_process',
  importNames: [name],
  message: 'It starts a shell. Use execFile or spawn with an argument array.',
}));

const config = [
  ...next,
  ...ts,
  { ignores: ['.next/**', 'dist/**', 'lib/db/generated/**', '.farshore/**', 'next-env.d.ts', '.test-output/**'] },
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      'no-restricted-imports': ['error', { paths: noShell }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'off',
    },
  },
  {
    // The domain is given every moment and every number: that is what lets it be replayed and tested.
    files: ['lib/domain/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'fetch', 'setTimeout', 'setInterval', 'performance', 'crypto'].map((name) => ({
          name,
          message: 'The domain is pure. Pass the value in.',
        })),
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: 'The domain has no clock. Pass nowMs in.',
        },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'The domain has no clock. Pass nowMs in.' },
        {
          selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
          message: 'The domain has no chance. Pass the value in.',
        },
      ],
    },
  },
];
export default config;
